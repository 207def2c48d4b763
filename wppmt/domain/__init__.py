"""What the product is about, as plain values and pure rules: no input or output."""
