"""Global Accelerator."""
