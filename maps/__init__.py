"""Drawing: Folium pages and their browser modules. May import `geo` and `layers`, never `inventory`."""
