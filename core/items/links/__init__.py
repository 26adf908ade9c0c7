"""Addresses of the internet that items send people to: found in their texts, asked on a schedule, told about when they are dead."""
