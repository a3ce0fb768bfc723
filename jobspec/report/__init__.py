"""Views of plans, outcomes and diagnostics as text and as JSON. No I/O."""
