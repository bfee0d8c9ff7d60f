"""HTTP and the command line: joins the other packages. Everything may be imported here, nothing imports it."""
