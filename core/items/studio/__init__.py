"""Where administrators make and change items: drafts that hold unfinished work, edits that several people make at once, and what is found on the way."""
