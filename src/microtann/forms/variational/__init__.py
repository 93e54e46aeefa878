"""The variational form: slips that minimise an incremental energy, so that no weights can break the laws."""
