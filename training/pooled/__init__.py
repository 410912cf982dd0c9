"""The model 'general', trained on all collections."""
