"""The repository as a package, so that `src.analysis` is the one name of the code in it."""
