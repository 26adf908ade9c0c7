"""The faces of the platform: portal for citizens, back office for staff, API for machines. Edges commit, services flush."""
