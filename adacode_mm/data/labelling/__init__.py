"""Labels for patches: one of five super-classes, by a segmentation network.

`super_class_table` and `super_class_rules` say what a segmentation means,
`segmenter` and `segment_patches` make one, the journal of `work` keeps it, and
`label_patches` puts these together; tools/dataset_converters runs it.
"""
