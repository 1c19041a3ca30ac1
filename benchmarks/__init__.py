"""What the README's figures come from; every program prints ratios within one run."""
