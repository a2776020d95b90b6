"""The `detente` command: one module per group of verbs; `verbs` lists them, `app` parses and maps errors."""
