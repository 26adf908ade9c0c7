"""Pages: the portal's for everybody and for the person concerned, the back office's for those who keep, decide and watch."""

from core.sdk.web import Pages

pages = Pages("credit_scoring")
