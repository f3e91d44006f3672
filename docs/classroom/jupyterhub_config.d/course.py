"""The Littlest JupyterHub: goes to /opt/tljh/config/jupyterhub_config.d/. What every learner's server starts with."""

c.Spawner.environment = {  # noqa: F821  (JupyterHub puts c there)
    "HF_HUB_CACHE": "/opt/course/hub",  # models and data sets, fetched once by the teacher, read by all
    "HF_HUB_OFFLINE": "1",  # no learner's server asks the hub for anything
    "OMP_NUM_THREADS": "2",  # as many as limits.cpu: torch would start a thread for each core of the machine
}
