"""What goes over the wire: values as JSON, the table of routes, errors as problem documents."""
