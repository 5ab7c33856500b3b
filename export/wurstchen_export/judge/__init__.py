"""The judge: says which emoji, in which style, on which background a picture shows. It has only ever seen real ones."""
