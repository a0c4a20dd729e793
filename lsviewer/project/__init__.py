"""The paper: what is remembered. Project document, .lsv archive, migrations, checkpoints, bundle. No Qt."""
