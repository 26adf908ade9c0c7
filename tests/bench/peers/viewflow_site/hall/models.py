"""Peer: a django-viewflow process with 40 compiled columns."""

from django.db import models
from fields import CHOICES, FIELDS
from viewflow.workflow.models import Process

_KINDS = {
    "text": lambda: models.CharField(max_length=200),
    "long": models.TextField,
    "number": models.IntegerField,
    "date": models.DateField,
    "select": lambda: models.CharField(max_length=10, choices=CHOICES),
    "radio": lambda: models.CharField(max_length=10, choices=CHOICES),
    "check": models.BooleanField,
    "email": models.EmailField,
    "phone": lambda: models.CharField(max_length=20),
}
Application = type(
    "Application", (Process,), {"__module__": __name__, "approved": models.BooleanField(default=False), **{name: _KINDS[kind]() for name, kind in FIELDS}}
)
