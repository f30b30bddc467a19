"""What a scheduled run makes of the notebooks: parameters, sentences, pages, workbooks, and their publishing."""
