"""The command line: configuration, sub-commands, and folders of results that are whole or not there."""
