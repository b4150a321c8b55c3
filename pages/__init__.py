"""The pages: thin UI over `aigc_core.serving.api`."""
