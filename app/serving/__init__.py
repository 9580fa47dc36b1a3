"""The winner in production: as a package, in a registry, behind an API and a page, watched, and trained again."""
