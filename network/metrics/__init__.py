"""Pure functions of arrays that measure predictions."""
