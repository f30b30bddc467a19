"""A delivered file's bytes → lines with their physical numbers; nothing is interpreted here."""
