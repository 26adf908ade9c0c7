"""多证合一: one application, one form and one set of papers for several certificates, each decided by the department that answers for it."""
