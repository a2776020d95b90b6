"""Running Detente: the testbed of real servers, and the files of a deployment."""
