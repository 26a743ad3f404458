//! Golden comparison, random markets and other help for tests.
