"""All prose that is not in the form: codes and parameters → Chinese."""
