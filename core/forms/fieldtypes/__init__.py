"""The kinds of field. Each is one object that owns every face of its kind; :mod:`core.forms.fieldtypes.registry` lists them."""
