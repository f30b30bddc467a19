"""The fast way: long texts and sheets of incidents read, checked and kept by columns, each distinct cell once."""
