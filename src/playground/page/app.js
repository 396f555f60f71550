// The page is written elsewhere.
