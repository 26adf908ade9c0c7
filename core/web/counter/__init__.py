"""The comprehensive window (综合窗口): the citizens' form on a clerk's desk. It knows the back office and the portal; neither knows it."""
