"""Programs that make what recognition runs on. Nothing at run time imports them."""
