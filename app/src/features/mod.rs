//! One folder per noun: `model` (what a page shows, plain data), `page` (its markup), and its islands.
