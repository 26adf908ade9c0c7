"""Notices of a case: one a document that the law or the route asks for, to every account that may act for the applicant."""
