"""The proof that files which are read without positions mean the same when they are read exactly."""
