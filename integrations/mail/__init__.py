"""Mail: raw bytes read into a `Letter`. Everything here is pure; nothing holds a connection."""
