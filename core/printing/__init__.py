"""What every paper of the hall is made with: an embedded font, a page that flows, a place for the seal, a code to verify it. Values in, PDF out."""
