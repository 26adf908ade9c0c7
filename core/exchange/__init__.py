"""Exchange with an upper platform: finished cases in the national record format, delivered once each, with receipts."""
