"""Where writing begins, by what is written."""
