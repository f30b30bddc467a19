"""What the columns of tables and the codes in their cells are called in each language."""

from src.codebook.vocabulary import current, enumerated, label

JOINED = ("partners", "lead_unit", "communities")  # names, several in one cell


def column_label(column: str, lang: str = "zh", table: str = "table") -> str:
    """Return what a column is called on a page: its label in that table, its label anywhere, else its own name."""
    sentences = current().sentences
    entry = sentences.get(f"column_{table}_{column}") or sentences.get(f"column_{column}")
    return entry[lang] if entry else str(column)


def words(listname: str, code: str, lang: str) -> str:
    """Return the names of codes: several of a list, as in `organisation_kinds`; in `note` with a year or a month."""
    try:
        if listname in JOINED:
            texts = code.split(";")
        elif listname == "note":
            texts = (" ".join(_noted(word, lang) for word in part.split(" ")) for part in code.split(";"))
        else:
            texts = (label(listname, part, lang) for part in code.split(";"))
        return enumerated(texts, lang)
    except KeyError:  # no list of that name: the text is no code
        return code


def _noted(word: str, lang: str) -> str:
    text = label("note", word, lang)
    column = column_label(word, lang)  # a variable that was left out
    return next((name for name in (text, column) if name != word), label("street", word, lang))
