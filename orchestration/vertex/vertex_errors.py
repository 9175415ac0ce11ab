"""What Google Cloud refused, or why it was not reached, told so that a person can act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from noria.errors import NoriaError
from orchestration.run_server import NotThereError, UnavailableError
from orchestration.targets import VertexTarget


@contextmanager
def explained(target: VertexTarget) -> Iterator[None]:
    """Turns errors of Google's libraries into ours."""
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError

    where = f"Vertex AI in {target.project}/{target.location}"
    try:
        yield
    except GoogleAuthError as error:
        raise NoriaError(
            f"{where} asks for credentials: {error}", hint="gcloud auth application-default login"
        ) from error
    except exceptions.Unauthenticated as error:
        raise NoriaError(
            f"{where} does not take the credentials: {error.message}",
            hint="renew them: gcloud auth application-default login",
        ) from error
    except exceptions.Forbidden as error:
        raise NoriaError(
            f"{where} does not allow this: {error.message}",
            hint="the account needs roles/aiplatform.user, and roles/iam.serviceAccountUser on "
            f"{target.service_account or 'the account of the steps'} (infra/terraform grants both)",
        ) from error
    except exceptions.NotFound as error:
        raise NotThereError(f"{where} does not know it: {error.message}") from error
    except (exceptions.ServerError, exceptions.TooManyRequests, exceptions.RetryError) as error:
        raise UnavailableError(
            f"{where} cannot answer: {error.message}", hint="try again in a while"
        ) from error
    except (exceptions.GoogleAPICallError, ValueError) as error:
        raise NoriaError(f"{where} refuses this: {error}") from error
