"""中介超市: where owners commission the services that an approval needs, agencies are admitted, and draws can be re-computed by anybody."""
