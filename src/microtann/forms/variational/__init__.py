"""The variational form: slips whose evolution minimises an incremental energy, so that no weights break the laws."""
