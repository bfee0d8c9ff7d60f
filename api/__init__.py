"""HTTP and the command line: joins the other packages. It may import all of them, none imports it."""
