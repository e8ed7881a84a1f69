//! Heavy edge: objects in S3 and its like. It knows core and nothing else of ours; it holds nothing yet but its place.
