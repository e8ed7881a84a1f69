//! Heavy edge: Kubernetes objects over the API server. It knows core and nothing else of ours; it holds nothing yet but its place.
