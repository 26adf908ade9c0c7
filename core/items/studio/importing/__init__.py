"""What is made elsewhere and brought into the studio: lists of materials, whole catalogues, bundles that another hall signed."""
