"""Named, versioned data: what a layer is and how files become a version. May import `geo`."""
