"""One executed notebook → one self-contained page, and what is made from the page: a workbook, a Word briefing."""
