"""What users were promised, one sentence each."""
