"""Strategic prosecution: an office's own extracts, linked, mapped and measured."""
