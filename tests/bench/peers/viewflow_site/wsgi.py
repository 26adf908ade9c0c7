"""WSGI entry; ``python wsgi.py`` makes tables and an administrator and prints a session cookie."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the shared list of fields
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

if __name__ == "__main__":
    from django.contrib.auth import get_user_model
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    call_command("makemigrations", "hall", verbosity=0)  # generated, git-ignored
    call_command("migrate", verbosity=0)
    user = get_user_model().objects.create_superuser("admin", "a@example.com", "admin")
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.create()
    sys.stdout.write(session.session_key)
